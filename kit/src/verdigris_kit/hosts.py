"""One spelling for a host's name, so that two names can be compared. Pure; nothing is looked up.

A name in another script travels as `xn--bcher-kva.example` and is written as `bücher.example`; clients hand over
either. Compared is what people write: the other spelling differs between the IDNA of 2003 and that of 2008.
"""

__all__ = ["plain"]

LABEL_MAX = 63
"""Letters. What is longer is no label of a name."""


def plain(host: str) -> str:
    """The name in small letters, in its own script, without a full stop at its end. No name makes it raise."""
    if not host.isascii():
        import unicodedata  # hardly anybody needs it

        host = unicodedata.normalize("NFKC", host).replace("。", ".")
    host = host.lower().rstrip(".")
    return ".".join(map(_decoded, host.split("."))) if "xn--" in host else host


def _decoded(label: str) -> str:
    if not label.startswith("xn--") or len(label) > LABEL_MAX:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except ValueError:  # it only looks like one
        return label
