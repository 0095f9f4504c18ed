"""HTML as a tree of elements, so that no text can become markup."""

import io
from xml.etree import ElementTree

# nothing is loaded from elsewhere, and nothing runs
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
# the color of lines and text in a figure, which becomes that of the page
INK = "#010203"


def element(tag, *children, **attributes):
    """An element with these children, elements or text.

    An underscore in the name of an attribute stands for a hyphen, and is dropped at the end.
    """
    node = ElementTree.Element(tag, {name.rstrip("_").replace("_", "-"): value
                                     for name, value in attributes.items()})
    for child in children:
        if not isinstance(child, str):
            node.append(child)
        elif len(node):
            node[-1].tail = (node[-1].tail or "") + child
        else:
            node.text = (node.text or "") + child
    return node


def section(title, *children):
    """A section of the page under its title."""
    return element("section", element("h2", title), *children)


def table(names, rows, class_="text"):
    """A table with names of columns; each row is a list of cells, the first one its name.

    A cell is text or an element.  A row of two cells in a longer table spans it.
    """
    head = element("tr", *(element("th", name, scope="col") for name in names))
    body = []
    for first, *cells in rows:
        span = {"colspan": str(len(names) - 1)} if len(cells) == 1 < len(names) - 1 else {}
        body.append(element("tr", element("th", first, scope="row"),
                            *(element("td", cell, **span) for cell in cells)))
    inner = element("table", element("thead", head), element("tbody", *body), class_=class_)
    # wide tables scroll in a narrow window, by the keyboard too
    return element("div", inner, class_="scroll", tabindex="0")


def svg(figure, description, name):
    """A figure of matplotlib as an element; `name` sets it apart from others on the page."""
    import matplotlib

    file = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(file, format="svg", transparent=True, dpi=200, metadata={"Date": None})
    root = ElementTree.fromstring(file.getvalue().replace(INK, "currentColor"))
    for parent in list(root.iter()):
        for child in list(parent):
            # the style is for the whole document, and the metadata for nobody
            if child.tag in (f"{SVG}metadata", f"{SVG}style"):
                parent.remove(child)
    for node in root.iter():
        node.tag = node.tag.removeprefix(SVG)
        if LINK in node.attrib:
            node.set("href", node.attrib.pop(LINK))
        if node.tag == "g":  # these names repeat in every figure
            node.attrib.pop("id", None)
    root.set("role", "img")
    root.set("aria-label", description)
    return root


def document(title, style, *children):
    """The text of the page."""
    head = element(
        "head", element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title), element("style", style))
    page = element("html", head, element("body", element("main", *children)), lang="en")
    text = ElementTree.tostring(page, encoding="unicode", method="html")
    return f"<!DOCTYPE html>\n{text}\n"
