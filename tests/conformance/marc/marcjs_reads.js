// marcjs reads both our exports.
const fs = require('fs');
const { Marc } = require('marcjs');

const folder = process.argv[2];
const listing = fs.readFileSync(`${folder}/all.jsonl`, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
let same = 0;
let different = 0;
let skipped = 0;

const shape = (fields) => fields.map((field) => (
  field.length === 2 ? field : [field[0], field[1] + field[2], ...field[3].flat()]
));
const content = (leader) => leader.slice(5, 9) + leader.slice(17, 20);

// marcjs takes alphabetic tags for data fields always, knows tags of three
// characters, does not resolve references in leaders, and cuts attributes of
// MARCXML out by their place, where an escaped one is longer.
const plain = (record) => !/[&<>"]/.test(record.leader) && record.fields.every((field) => (
  /^\d\d\d$/.test(field[0]) || (field.length === 4 && /^\w\w\w$/.test(field[0]))
) && (field.length === 2 || !/[&<>"]/.test(field[1] + field[2] + field[3].map((s) => s[0]).join(''))));

const compare = (where, ours, theirs) => {
  if (!plain(ours)) {
    skipped += 1;
    return;
  }
  const a = JSON.stringify([content(ours.leader), ...shape(ours.fields)]);
  const b = JSON.stringify([content(theirs.leader), ...theirs.fields]);
  if (a === b) {
    same += 1;
  } else {
    different += 1;
    if (different <= 5) console.error(`  ${where} ${ours.file}@${ours.offset}:\n    ${a}\n    ${b}`);
  }
};

const file = fs.readFileSync(`${folder}/all.mrc`);
let start = 0;
let count = 0;
const written = listing.filter((record) => record.iso2709);
while (start < file.length) {
  const end = file.indexOf(0x1d, start) + 1;
  const ours = written[count];
  compare('all.mrc', ours, Marc.parse(file.subarray(start, end), 'iso2709'));
  start = end;
  count += 1;
}
let failed = count !== written.length;

const xml = fs.readFileSync(`${folder}/all.xml`, 'utf8').split('<record>').slice(1);
failed = failed || xml.length !== listing.length;
xml.forEach((text, index) => compare('all.xml', listing[index], Marc.parse(`<record>${text}`, 'marcxml')));

failed = failed || different > 0;
console.log(`marcjs: ${failed ? 'FAILED' : 'ok'}: ${same} records agree, ${different} differ; ${count} of all.mrc, `
  + `${xml.length} of all.xml; ${skipped} have tags or signs that marcjs does not know`);
process.exit(failed ? 1 : 0);
