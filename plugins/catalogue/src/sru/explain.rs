//! `explain`: what this server can do, as a ZeeRex record.

use tram_sdk::Request;

use super::{diagnostics, open, xml};
use crate::cql::{Fault, explained_indexes};

/// The description; with a diagnostic when the request could not be followed.
pub(super) fn answer(request: &Request, version: &str, fault: Option<&Fault>) -> String {
    let host = request.header("host").unwrap_or("tram.local");
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (name, port),
        _ => (host, "80"),
    };
    let mut out = String::with_capacity(8192);
    open(&mut out, "explainResponse", version);
    out.push_str(
        "<zs:record><zs:recordSchema>http://explain.z3950.org/dtd/2.0/</zs:recordSchema>\
         <zs:recordPacking>xml</zs:recordPacking><zs:recordData>\
         <explain xmlns=\"http://explain.z3950.org/dtd/2.0/\"><serverInfo protocol=\"SRU\" version=\"",
    );
    out.push_str(version);
    out.push_str("\" transport=\"http\" method=\"GET POST\">");
    xml::element(&mut out, "host", name);
    xml::element(&mut out, "port", port);
    xml::element(&mut out, "database", "catalogue/sru");
    out.push_str(
        "</serverInfo><databaseInfo><title lang=\"vi\" primary=\"true\">Mục lục thư viện nhà trường</title>\
         <title lang=\"en\">The school library's catalogue</title></databaseInfo><indexInfo>",
    );
    for (set, identifier) in [
        ("cql", "info:srw/cql-context-set/1/cql-v1.2"),
        ("dc", "info:srw/cql-context-set/1/dc-v1.1"),
        ("bath", "http://zing.z3950.org/cql/bath/2.0/"),
        ("rec", "info:srw/cql-context-set/2/rec-1.1"),
    ] {
        out.push_str("<set name=\"");
        out.push_str(set);
        out.push_str("\" identifier=\"");
        out.push_str(identifier);
        out.push_str("\"/>");
    }
    for (set, index, scan) in explained_indexes() {
        out.push_str("<index search=\"true\" scan=\"");
        out.push_str(if scan { "true" } else { "false" });
        out.push_str("\" sort=\"");
        out.push_str(if matches!(index, "title" | "creator" | "date") { "true" } else { "false" });
        out.push_str("\"><title lang=\"en\">");
        out.push_str(index);
        out.push_str("</title><map><name set=\"");
        out.push_str(set);
        out.push_str("\">");
        out.push_str(index);
        out.push_str("</name></map></index>");
    }
    out.push_str(
        "</indexInfo><schemaInfo>\
         <schema name=\"marcxml\" identifier=\"info:srw/schema/1/marcxml-v1.1\" sort=\"false\" retrieve=\"true\">\
         <title>MARCXML</title></schema>\
         <schema name=\"dc\" identifier=\"info:srw/schema/1/dc-v1.1\" sort=\"false\" retrieve=\"true\">\
         <title>Dublin Core</title></schema></schemaInfo>\
         <configInfo><default type=\"numberOfRecords\">10</default><default type=\"contextSet\">cql</default>\
         <default type=\"index\">serverChoice</default><default type=\"retrieveSchema\">marcxml</default>\
         <default type=\"relation\">=</default>\
         <setting type=\"maximumRecords\">100</setting>\
         <supports type=\"relation\">=</supports><supports type=\"relation\">exact</supports>\
         <supports type=\"relation\">any</supports><supports type=\"relation\">all</supports>\
         <supports type=\"relation\">adj</supports><supports type=\"relation\">&lt;</supports>\
         <supports type=\"relation\">&gt;</supports><supports type=\"relation\">within</supports>\
         <supports type=\"relation\">==</supports><supports type=\"relation\">&lt;=</supports>\
         <supports type=\"relation\">&gt;=</supports><supports type=\"relation\">&lt;&gt;</supports>\
         <supports type=\"relationModifier\">relevant</supports>\
         <supports type=\"relationModifier\">ignoreCase</supports>\
         <supports type=\"relationModifier\">ignoreAccents</supports>\
         <supports type=\"relationModifier\">word</supports><supports type=\"relationModifier\">string</supports>\
         <supports type=\"relationModifier\">masked</supports><supports type=\"maskingCharacter\">*</supports>\
         <supports type=\"anchoring\"/><supports type=\"scan\"/><supports type=\"sort\"/></configInfo>\
         </explain></zs:recordData></zs:record>",
    );
    if let Some(fault) = fault {
        diagnostics(&mut out, fault);
    }
    out.push_str("</zs:explainResponse>\n");
    out
}
