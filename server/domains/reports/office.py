"""XLSX and DOCX files as packages of XML parts: opened with suspicion, written with the same bytes for the same parts.

Nothing in them is ever run or fetched: macros, embedded objects, data connections, fields and formulas that reach outside
are refused, and the XML is read without entities, DTDs or network.
"""

import io
import re
import zipfile
import zlib
from typing import Final, Literal

from lxml import etree

from server.domains.reports.problems import refused

Format = Literal["xlsx", "docx"]
MOST_BYTES: Final = 5 * 1024 * 1024
_MOST_PARTS, _MOST_UNPACKED, _MOST_PART = 400, 40 * 1024 * 1024, 12 * 1024 * 1024
_MAIN: Final[dict[Format, str]] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
}
_ACTIVE = re.compile(
    r"vba|macro|activex|embeddings/|externallinks?/|oleobject|ctrlprops|connections\.xml|querytables/|customui|afchunk|webextension",
    re.IGNORECASE,
)
_ACTIVE_TYPES = re.compile(rb"macroEnabled|vbaProject|activeX|oleObject", re.IGNORECASE)
_REACHING_FIELDS = re.compile(
    r"\b(DDE|DDEAUTO|INCLUDE\w*|IMPORT|LINK|DATABASE|MACROBUTTON|AUTOTEXT\w*)\b", re.IGNORECASE
)
_REACHING_FORMULAS = re.compile(
    r"\||\[|\b(WEBSERVICE|DDE|CALL|REGISTER\S*|EXEC|HYPERLINK|RTD|FILTERXML)\s*\(", re.IGNORECASE
)
_FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)

Parts = dict[str, bytes]


def open_package(data: bytes) -> tuple[Format, Parts]:
    """The format by content and the parts in their order. Raises TemplateRefused with the reason."""
    if len(data) > MOST_BYTES:
        raise refused("template_too_large", most_mib=MOST_BYTES // (1024 * 1024))
    if not data.startswith(b"PK\x03\x04"):
        raise refused("template_not_office")
    parts = _unpack(data)
    types = parts.get("[Content_Types].xml", b"")
    if _ACTIVE_TYPES.search(types) or any(_ACTIVE.search(name) for name in parts):
        raise refused("template_active_content")
    found = [format for format, main in _MAIN.items() if f'"{main}"'.encode() in types]
    if len(found) != 1:
        raise refused("template_not_office")
    _check_reach(parts)
    return found[0], parts


def _unpack(data: bytes) -> Parts:
    parts: Parts = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            large = any(entry.file_size > _MOST_PART for entry in entries)
            if large or len(entries) > _MOST_PARTS or sum(entry.file_size for entry in entries) > _MOST_UNPACKED:
                raise refused("template_unpacks_too_large")
            for entry in entries:
                if entry.filename in parts or ".." in entry.filename or entry.flag_bits & 1:
                    raise refused("template_broken")
                parts[entry.filename] = archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, ValueError, EOFError):
        raise refused("template_broken") from None
    return parts


def _check_reach(parts: Parts) -> None:
    """Nothing outside the file, but links that a reader may click."""
    for name, body in parts.items():
        if not name.endswith((".xml", ".rels")):
            continue
        root = parse(body)
        for element in root.iter():
            if not isinstance(element.tag, str):
                continue
            tag = etree.QName(element).localname
            if tag == "Relationship" and element.get("TargetMode") == "External":
                if not element.get("Type", "").endswith("/hyperlink"):
                    raise refused("template_reaches_out", part=name)
            elif (
                (tag == "instrText" and _REACHING_FIELDS.search(element.text or ""))
                or (tag == "fldSimple" and any(_REACHING_FIELDS.search(value) for value in element.attrib.values()))
                or (tag in ("f", "definedName") and _REACHING_FORMULAS.search(element.text or ""))
            ):
                raise refused("template_reaches_out", part=name)


def parse(body: bytes) -> "etree._Element":
    """One part; TemplateRefused where it is no XML or declares a document type."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise refused("template_broken") from None
    if root.getroottree().docinfo.doctype:
        raise refused("template_broken")
    return root


def serialize(root: "etree._Element") -> bytes:
    body: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return body


def write_package(parts: Parts) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            entry = zipfile.ZipInfo(name, _FIXED_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, body)
    return out.getvalue()
