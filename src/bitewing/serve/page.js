"use strict";
// Everything that comes from a file is set as text, never as markup.
const by = (id) => document.getElementById(id);
const made = (tag, text, kind) => {
  const one = document.createElement(tag);
  if (text !== undefined) one.textContent = text;
  if (kind) one.className = kind;
  return one;
};
const latin = (text) => Uint8Array.from(text, (one) => one.charCodeAt(0));
let links = [];

function download(name, text) {
  const link = made("a", name);
  link.href = URL.createObjectURL(new Blob([latin(text)], { type: "application/edi-x12" }));
  link.download = name;
  links.push(link.href);
  by("downloads").append(link);
}

function words(line) {
  if (!line) return ["", "", "", ""];
  return [line.code, line.teeth.join(" "), line.units, line.charge];
}

function row(lx, before, after) {
  const one = made("tr");
  one.append(made("td", lx));
  const [was, is] = [words(before), words(after)];
  for (const text of was) one.append(made("td", text));
  is.forEach((text, at) => one.append(made("td", text, text === was[at] ? "" : "changed")));
  return one;
}

function remark(finding) {
  const one = made("tr", undefined, `remark ${finding.action}`);
  const cell = made("td", `${finding.name} (${finding.code}): ${finding.message}`);
  cell.colSpan = 9;
  one.append(cell);
  return one;
}

function shown(claim, findings) {
  const section = made("section");
  section.append(made("h2", `Claim ${claim.claim}`));
  const table = made("table");
  const head = made("tr");
  for (const text of ["Line", "Code", "Teeth", "Units", "Charge", "Code", "Teeth", "Units", "Charge"]) {
    head.append(made("th", text));
  }
  table.append(head);
  const own = findings.filter((one) => one.claim === claim.claim);
  const count = Math.max(claim.before.length, claim.after.length);
  for (let at = 0; at < count; at += 1) {
    const line = claim.before[at] || claim.after[at];
    table.append(row(line.lx, claim.before[at], claim.after[at]));
    own.filter((one) => one.lines.length && String(one.lines[one.lines.length - 1]) === line.lx)
      .forEach((one) => table.append(remark(one)));
  }
  own.filter((one) => !one.lines.length).forEach((one) => table.append(remark(one)));
  section.append(table);
  return section;
}

async function look(file) {
  links.forEach((one) => URL.revokeObjectURL(one));
  links = [];
  by("claims").replaceChildren();
  by("downloads").replaceChildren();
  by("said").textContent = "Looking…";
  const headers = { "Content-Type": "application/edi-x12", Authorization: `Bearer ${by("token").value}` };
  let answer;
  try {
    const response = await fetch("v1/preview", { method: "POST", headers, body: file });
    answer = await response.json();
    if (!response.ok) throw new Error(`${answer.title}: ${answer.detail}`);
  } catch (error) {
    by("said").textContent = error.message;
    return;
  }
  const repairs = answer.summary.repaired;
  const size = answer.summary.claims;
  by("said").textContent = `${answer.verdict}: ${size} claim${size === 1 ? "" : "s"}, `
    + `${repairs} repair${repairs === 1 ? "" : "s"}, ${answer.summary.flagged} to look at.`;
  if (answer.edi) download("repaired.837", answer.edi);
  Object.entries(answer.acks).forEach(([name, text]) => download(`answer.${name}`, text));
  answer.quarantine.forEach((one, at) => download(`set-aside-${at + 1}.837`, one.edi));
  const loose = answer.findings.filter((one) => one.claim === null);
  if (loose.length) {
    const table = made("table");
    loose.forEach((one) => table.append(remark(one)));
    by("claims").append(table);
  }
  answer.claims.forEach((claim) => by("claims").append(shown(claim, answer.findings)));
}

by("form").addEventListener("submit", (event) => {
  event.preventDefault();
  look(by("file").files[0]);
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", () => document.body.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  if (event.dataTransfer.files.length) {
    by("file").files = event.dataTransfer.files;
    if (by("token").value) look(event.dataTransfer.files[0]);
    else by("token").focus();
  }
});
