"""sickle harvests an OAI-PMH address: every verb, paging, dates, sets, deleted records,
errors; and each reply is checked against what OAI-PMH.xsd asks of order and form.

    python tests/conformance/oai_clients.py http://127.0.0.1:PORT/materials/oai
"""

import re
import sys
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

from sickle import Sickle
from sickle.oaiexceptions import (
    BadArgument,
    BadResumptionToken,
    CannotDisseminateFormat,
    IdDoesNotExist,
    NoRecordsMatch,
)

OAI = "{http://www.openarchives.org/OAI/2.0/}"
LOM = "{http://ltsc.ieee.org/xsd/LOM}"
STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


def ask(base, **arguments):
    with urllib.request.urlopen(f"{base}?{urllib.parse.urlencode(arguments)}") as reply:
        assert reply.headers.get_content_type() == "text/xml", reply.headers
        return check(ET.fromstring(reply.read()))


def check(root):
    """Order and form of what every reply holds."""
    names = [child.tag for child in root]
    assert root.tag == f"{OAI}OAI-PMH" and names[:2] == [f"{OAI}responseDate", f"{OAI}request"] and len(names) >= 3, names
    assert STAMP.match(root[0].text), root[0].text
    for header in root.iter(f"{OAI}header"):
        tags = [child.tag for child in header]
        assert tags[:2] == [f"{OAI}identifier", f"{OAI}datestamp"] and set(tags[2:]) <= {f"{OAI}setSpec"}, tags
        assert STAMP.match(header[1].text), header[1].text
    for record in root.iter(f"{OAI}record"):
        deleted = record[0].get("status") == "deleted"
        assert len(record) == (1 if deleted else 2), ET.tostring(record)
        assert deleted or len(record[1]) == 1
    return root


def raises(error, act):
    try:
        act()
    except error:
        return
    raise AssertionError(f"{error.__name__} was expected")


def main(base):
    client = Sickle(base)
    identify = client.Identify()
    assert identify.protocolVersion == "2.0" and identify.deletedRecord == "persistent", vars(identify)
    assert STAMP.match(identify.earliestDatestamp)
    formats = {one.metadataPrefix for one in client.ListMetadataFormats()}
    assert formats == {"oai_dc", "lom"}, formats
    records = list(client.ListRecords(metadataPrefix="oai_dc"))
    headers = list(client.ListIdentifiers(metadataPrefix="oai_dc"))
    ids = [header.identifier for header in headers]
    assert records and [record.header.identifier for record in records] == ids, "both lists hold the same"
    assert len(set(ids)) == len(ids), "each record once"
    stamps = [header.datestamp for header in headers]
    assert stamps == sorted(stamps), "by datestamp"
    assert all(stamp >= identify.earliestDatestamp for stamp in stamps)
    living = [record for record in records if not record.deleted]
    assert all(record.metadata["title"] for record in living)
    # The same in LOM, with titles that agree.
    lom = {record.header.identifier: record for record in client.ListRecords(metadataPrefix="lom")}
    assert set(lom) == set(ids)
    for record in living:
        title = lom[record.header.identifier].xml.find(f".//{LOM}general/{LOM}title/{LOM}string")
        assert title.text == record.metadata["title"][0], title.text
    one = client.GetRecord(identifier=living[0].header.identifier, metadataPrefix="oai_dc")
    assert one.metadata == living[0].metadata
    # From and until include their ends.
    middle = stamps[len(stamps) // 2]
    later = list(client.ListIdentifiers(**{"metadataPrefix": "oai_dc", "from": middle}))
    earlier = list(client.ListIdentifiers(metadataPrefix="oai_dc", until=middle))
    assert len(later) + len(earlier) - stamps.count(middle) == len(ids)
    sets = list(client.ListSets())
    for one in sets:
        try:
            members = list(client.ListIdentifiers(metadataPrefix="oai_dc", set=one.setSpec))
        except NoRecordsMatch:
            continue
        assert all(any(spec == one.setSpec or spec.startswith(one.setSpec + ":") for spec in member.setSpecs) for member in members)
    raises(BadArgument, lambda: list(client.ListRecords(metadataPrefix="oai_dc", until="tomorrow")))
    raises(NoRecordsMatch, lambda: list(client.ListRecords(**{"metadataPrefix": "oai_dc", "from": "2999-01-01"})))
    raises(CannotDisseminateFormat, lambda: list(client.ListRecords(metadataPrefix="marcxml")))
    raises(IdDoesNotExist, lambda: client.GetRecord(identifier="oai:nowhere:1", metadataPrefix="oai_dc"))
    raises(BadResumptionToken, lambda: list(client.ListRecords(resumptionToken="made-up")))
    assert ask(base, verb="Nonsense").find(f"{OAI}error").get("code") == "badVerb"
    for arguments in [{"verb": "Identify"}, {"verb": "ListSets"}, {"verb": "ListMetadataFormats"}, {},
                      {"verb": "ListRecords", "metadataPrefix": "lom"}, {"verb": "ListRecords"}]:
        ask(base, **arguments)
    print(f"sickle: {len(ids)} records ({len(ids) - len(living)} withdrawn), {len(sets)} sets, both formats, dates, errors")


if __name__ == "__main__":
    main(sys.argv[1])
