"""Answers of the JSON interface against its OpenAPI document."""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

base = sys.argv[1]


def check(what, ok, detail=""):
    if not ok:
        sys.exit(f"conformance: {what} {detail}")


def get(path, language="vi"):
    request = urllib.request.Request(base + path, headers={"Accept-Language": language})
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, reply.headers.get_content_type(), json.load(reply)
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.headers.get_content_type(), json.load(refusal)


status, _, document = get("/v1/openapi.json")
validate(document)


def fits(path, route, language="vi"):
    status, kind, answer = get(path, language)
    responses = document["paths"][route]["get"]["responses"]
    check(f"{path} answers {status}, which the document does not know", str(status) in responses)
    response = responses[str(status)]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    check(f"{path} is {kind}", kind in response["content"], list(response["content"]))
    schema = {**response["content"][kind]["schema"], "components": document["components"]}
    errors = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(answer)]
    check(path, not errors, errors[:3])
    return status, answer


checked = 0
for query in [
    {},
    {"q": "dế mèn"},
    {"q": "zzzz qqqq"},
    {"q": '"đất rừng" phương'},
    {"q": "truyen", "page": 2, "per_page": 3, "sort": "year"},
    {"q": "truyen", "facet": ["kind", "class", "author", "subject", "language"]},
    {"q": "nguyen", "kind": "comic"},
    {"sort": "newest", "per_page": 100},
]:
    status, answer = fits("/v1/search?" + urllib.parse.urlencode(query, doseq=True), "/v1/search")
    check(f"{query} is refused", status == 200, answer)
    checked += 1

_, faceted = fits("/v1/search?q=truyen&facet=kind", "/v1/search")
for found in faceted["facets"]["kind"]:
    narrowed = fits("/v1/search?q=truyen&kind=" + found["value"], "/v1/search")[1]["total"]
    check(f"kind {found['value']}: the facet says {found['count']}, its filter {narrowed}", narrowed == found["count"])
    checked += 1
_, misspelt = fits("/v1/search?" + urllib.parse.urlencode({"q": "nguyễn nhật ánhh"}), "/v1/search")
check("no spelling is proposed", misspelt["spelling"], misspelt)

for wrong in ["page=0", "page=x", "per_page=101", "sort=color", "facet=color", "page=1000&per_page=100", "q=" + "a" * 301]:
    for language in ("vi", "en"):
        status, problem = fits("/v1/search?" + wrong, "/v1/search", language)
        check(f"{wrong} answers {status}", status == 400 and problem["detail"], problem)
        checked += 1
    vietnamese, english = (get("/v1/search?" + wrong, language)[2]["detail"] for language in ("vi", "en"))
    check(f"{wrong} is explained in one language only", vietnamese != english, vietnamese)

for item in fits("/v1/search?per_page=20", "/v1/search")[1]["items"]:
    status, record = fits("/v1/records/" + item["id"], "/v1/records/{record}")
    check("the record of a list", status == 200 and record["title"] == item["title"], record)
    checked += 1
for nobody in ["0" * 32, "x", "%2F", "%FF"]:
    status, _ = fits("/v1/records/" + nobody, "/v1/records/{record}")
    check(f"record {nobody} answers {status}", status == 404)
    checked += 1
print(f"openapi: the document is valid 3.1, {checked} answers fit it")
