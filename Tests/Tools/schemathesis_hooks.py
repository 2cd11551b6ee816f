"""What schemathesis must know of the API beside its description: real documents, keys that are new, time to read.

Loaded by schemathesis itself (SCHEMATHESIS_HOOKS); see scripts/check-api.sh.
"""

import pathlib
import uuid

import schemathesis

DOCUMENTS = pathlib.Path(__file__).resolve().parents[1] / "Fixtures" / "documents"
PAPERS = [path.read_bytes() for path in sorted(DOCUMENTS.glob("*-text.pdf"))]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Mends what no schema can say: what makes a PDF, which bucket there is, that nobody signs callbacks here, that a
    key was not used for another document, and that a document cannot be read in a microsecond (which is answered 504,
    as documented)."""
    headers = case.headers or {}
    try:
        if 0 < float(headers.get("Request-Timeout", 60)) < 60:
            headers["Request-Timeout"] = "60"
    except (TypeError, ValueError):
        pass
    is_right = case.meta is not None and case.meta.generation.mode.is_positive
    if is_right and "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = f'"{uuid.uuid4()}"'
    if is_right and isinstance(case.body, dict) and {"file", "s3_path"} & case.body.keys():
        # On the wire alone: a body that is changed would be held against the schema again, which knows no bytes.
        left_out = ("file", "s3_path", "callback_url")
        texts = [(name, (None, str(value))) for name, value in case.body.items() if name not in left_out]
        paper = PAPERS[len(texts) % len(PAPERS)]
        kwargs["files"] = [("file", ("paper.pdf", paper, "application/pdf"))] + texts
