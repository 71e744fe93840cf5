-- What payers finally said of every submitted line: matched, balanced, primary, not taken back, each line once.
CREATE OR REPLACE TABLE unbalanced_remits AS
SELECT DISTINCT source, remit_no FROM remit_findings WHERE name IN ('remit-claim-out-of-balance', 'remit-lines-charge-differs');

-- Patients by number, in the order of their keys: everything below groups by them.
CREATE OR REPLACE TABLE people AS
SELECT patient, ROW_NUMBER() OVER (ORDER BY patient) AS person FROM (
  SELECT DISTINCT CASE WHEN patient <> '' THEN patient ELSE source || '/' || CAST(claim_no AS VARCHAR) END AS patient
  FROM claims
) p;

-- What is above the payer's fee is written off by a practice in its network (45 under CO), and owed by the patient of any other
-- (45 under PR). One payment goes to one practice; where it has neither, or both, nobody can tell.
CREATE OR REPLACE TABLE payment_networks AS
SELECT r.source, r.payment_no,
       CASE WHEN MIN(a.group_code) <> MAX(a.group_code) THEN '' WHEN MIN(a.group_code) = 'CO' THEN 'in' ELSE 'out' END AS network
FROM remit_adjustments a
JOIN remits r ON r.source = a.source AND r.remit_no = a.remit_no
WHERE a.reason = '45' AND a.group_code IN ('CO', 'PR')
GROUP BY r.source, r.payment_no;

-- A claim that was denied as a whole (CLP02 4), forwarded, or adjusted only as a whole, says nothing of its lines.
CREATE OR REPLACE TABLE primary_remits AS
SELECT m.source, m.remit_no, m.claim_source, m.claim_no, m.paid_on,
       CASE WHEN c.payer_id <> '' THEN c.payer_id ELSE p.payer_id END AS payer,
       CASE WHEN r.group_no <> '' THEN r.group_no ELSE c.group_no END AS grp,
       r.contract_class AS class, COALESCE(w.network, '') AS network,
       n.person AS patient,
       c.first_day,
       r.clp02 NOT IN ('1', '19') AS censored
FROM remit_matches m
JOIN remits r ON r.source = m.source AND r.remit_no = m.remit_no
JOIN payments p ON p.source = m.source AND p.payment_no = m.payment_no
JOIN claims c ON c.source = m.claim_source AND c.claim_no = m.claim_no
JOIN people n
  ON n.patient = CASE WHEN c.patient <> '' THEN c.patient ELSE c.source || '/' || CAST(c.claim_no AS VARCHAR) END
LEFT JOIN (SELECT DISTINCT reversed_source AS source, reversed_remit_no AS remit_no FROM reversals) v
  ON v.source = m.source AND v.remit_no = m.remit_no
LEFT JOIN unbalanced_remits u ON u.source = m.source AND u.remit_no = m.remit_no
LEFT JOIN payment_networks w ON w.source = m.source AND w.payment_no = m.payment_no
WHERE m.method IS NOT NULL AND m.role = 'primary' AND m.duplicate_source IS NULL AND c.frequency <> '8'
  AND NOT c.predetermination AND v.source IS NULL AND u.source IS NULL;

-- Once: no other payment of the claim, and no line of it denied as a duplicate. Its lines need not be compared with others.
CREATE OR REPLACE TABLE final_remits AS
SELECT r.*, d.source IS NULL AND o.claim_source IS NULL AS once
FROM primary_remits r
LEFT JOIN (SELECT DISTINCT source, remit_no FROM line_events WHERE event = 'duplicate') d
  ON d.source = r.source AND d.remit_no = r.remit_no
LEFT JOIN (SELECT claim_source, claim_no FROM primary_remits GROUP BY claim_source, claim_no HAVING COUNT(*) > 1) o
  ON o.claim_source = r.claim_source AND o.claim_no = r.claim_no;

-- Denied for the patient's age (6, N129): a class of its own here.
CREATE OR REPLACE TABLE aged_lines AS
SELECT source, remit_no, svc_no FROM remit_adjustments WHERE reason = '6' AND svc_no > 0
UNION
SELECT source, remit_no, svc_no FROM remit_remarks WHERE remark = 'N129' AND svc_no > 0;

-- 'Multiple or concurrent' (59) alone says less than 'included'.
CREATE OR REPLACE TABLE weak_lines AS
SELECT source, remit_no, svc_no FROM remit_adjustments
WHERE svc_no > 0 AND reason IN ('59', '97', '231', '234', '236', 'B10')
GROUP BY source, remit_no, svc_no HAVING BOOL_AND(reason = '59');

-- Lines that a payment leaves out, while one of its lines has their charges on top of its own, to the cent: they were included in it,
-- though no word says so.
CREATE OR REPLACE TABLE raised_lines AS
SELECT r.source, r.remit_no, r.claim_source, r.claim_no, MIN(l.svc_no) AS svc_no, MIN(x.code) AS code,
       MIN(s.code) AS submitted, MIN(x.charge - s.charge) AS more
FROM line_matches l
JOIN final_remits r ON r.source = l.source AND r.remit_no = l.remit_no
JOIN remit_lines x ON x.source = l.source AND x.remit_no = l.remit_no AND x.svc_no = l.svc_no
JOIN claim_lines s ON s.source = l.claim_source AND s.claim_no = l.claim_no AND s.line_no = l.line_no
WHERE l.raised AND NOT r.censored AND x.charge > s.charge
GROUP BY r.source, r.remit_no, r.claim_source, r.claim_no HAVING COUNT(*) = 1;

CREATE OR REPLACE TABLE left_out AS
SELECT * FROM (
SELECT lines_out.*, SUM(charge) OVER (PARTITION BY source, remit_no) AS missing FROM (
  SELECT DISTINCT w.source, w.remit_no, w.svc_no, w.more, s.line_no, s.code, s.charge, s.units, s.first_day, s.teeth,
         CASE WHEN i.member IS NULL THEN w.code ELSE w.submitted END AS target, i.member IS NOT NULL AS hosted
  FROM raised_lines w
  JOIN claim_lines s ON s.source = w.claim_source AND s.claim_no = w.claim_no
  LEFT JOIN line_matches l ON l.source = w.source AND l.remit_no = w.remit_no AND l.line_no = s.line_no
  LEFT JOIN included_in i ON i.member = s.code AND SUBSTRING(w.submitted, 1, LENGTH(i.host)) = i.host
  WHERE l.source IS NULL
) lines_out
) out WHERE missing = more;

-- One class for a line, in the words of evidence.
CREATE OR REPLACE VIEW answered AS
SELECT r.claim_source, r.claim_no, r.payer, r.grp, r.class, r.network, r.patient, r.paid_on, r.once, r.source, r.remit_no, e.line_no,
       e.submitted AS code, e.allowed, e.charge, e.sent_units AS units, e.units AS paid_units,
       COALESCE(e.day, r.first_day) AS day, e.target, COALESCE(e.teeth, '') AS teeth,
       CASE WHEN CASE WHEN b.source IS NOT NULL THEN e.target <> e.submitted ELSE e.code <> e.submitted END THEN 1 ELSE 0 END AS renamed,
       CASE WHEN b.quality = 'inferred' OR z.source IS NOT NULL OR NOT o.hosted THEN 1 ELSE 0 END AS inferred,
       CASE WHEN e.patient_share > CAST(e.allowed AS DECIMAL(38,2)) - e.paid THEN 1 ELSE 0 END AS patient_owes,
       CASE WHEN r.censored THEN 'censored'
            WHEN g.source IS NOT NULL AND e.allowed = 0 AND e.difference = 0 THEN 'age'
            WHEN o.source IS NOT NULL AND NOT o.hosted AND e.code <> e.submitted THEN 'bundled'
            WHEN e.event = 'frequency' AND e.allowed > 0 AND e.sent_units > 1 THEN 'units-capped'
            WHEN e.event IN ('paid', 'paid-reduced') AND e.bundled THEN CASE WHEN e.sent_units > 1 THEN 'units-capped' ELSE 'censored' END
            WHEN e.event IN ('paid', 'paid-reduced') AND e.units = e.sent_units THEN 'paid'
            WHEN e.event IN ('bundle-target', 'bundled-into') THEN 'bundled'
            WHEN e.event IN ('units-capped', 'frequency', 'downcoded', 'remapped', 'not-covered', 'duplicate') THEN e.event
            ELSE 'censored' END AS state
FROM final_remits r
JOIN line_events e ON e.source = r.source AND e.remit_no = r.remit_no AND e.answers
LEFT JOIN aged_lines g ON g.source = r.source AND g.remit_no = r.remit_no AND g.svc_no = e.svc_no
LEFT JOIN (SELECT source, remit_no, svc_no, MIN(quality) AS quality FROM bundle_lines GROUP BY source, remit_no, svc_no) b
  ON b.source = r.source AND b.remit_no = r.remit_no AND b.svc_no = e.svc_no
LEFT JOIN weak_lines z ON z.source = r.source AND z.remit_no = r.remit_no AND z.svc_no = e.svc_no
LEFT JOIN (SELECT source, remit_no, svc_no, BOOL_AND(hosted) AS hosted FROM left_out GROUP BY source, remit_no, svc_no) o
  ON o.source = r.source AND o.remit_no = r.remit_no AND o.svc_no = e.svc_no
WHERE COALESCE(e.day, r.first_day) IS NOT NULL
UNION ALL
SELECT r.claim_source, r.claim_no, r.payer, r.grp, r.class, r.network, r.patient, r.paid_on, r.once, r.source, r.remit_no, o.line_no,
       o.code, 0, o.charge, o.units, 0, COALESCE(o.first_day, r.first_day), o.target, COALESCE(o.teeth, ''),
       CASE WHEN o.target <> o.code THEN 1 ELSE 0 END, 1, 0, 'bundled'
FROM final_remits r JOIN left_out o ON o.source = r.source AND o.remit_no = r.remit_no
WHERE COALESCE(o.first_day, r.first_day) IS NOT NULL;

-- A line that was answered several times counts as it was answered last; a denial as a duplicate never replaces the answer
-- to the first.
CREATE OR REPLACE TABLE final_lines AS
SELECT claim_source, claim_no, line_no, payer, grp, class, network, patient, day, code, paid_on, state, target, teeth, units, paid_units,
       allowed, charge, renamed, inferred, patient_owes
FROM answered WHERE once
UNION ALL
SELECT claim_source, claim_no, line_no, payer, grp, class, network, patient, day, code, paid_on, state, target, teeth, units, paid_units,
       allowed, charge, renamed, inferred, patient_owes
FROM (
  SELECT a.*, RANK() OVER (
    PARTITION BY a.claim_source, a.claim_no, CASE WHEN a.line_no IS NULL THEN a.code ELSE CAST(a.line_no AS VARCHAR) END
    ORDER BY CASE WHEN a.state = 'duplicate' THEN 1 ELSE 0 END, a.paid_on DESC NULLS LAST, a.source DESC, a.remit_no DESC
  ) AS turn
  FROM answered a WHERE NOT a.once
) ranked WHERE turn = 1;

-- What only led here makes room.
DROP VIEW answered;
DROP TABLE primary_remits;
DROP TABLE aged_lines;
DROP TABLE weak_lines;
DROP TABLE raised_lines;
DROP TABLE left_out;
DROP TABLE unbalanced_remits;
DROP TABLE payment_networks;
