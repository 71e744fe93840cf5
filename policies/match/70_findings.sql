-- Sums that do not agree, with by how much; and what is missing, added or not certain. A sum of which a part was not sent,
-- or cannot be read, is not known: that is told, and no difference. Nor is one where money is taken back (BPR03 is D):
-- senders do not agree on the sign of the total.
CREATE OR REPLACE TABLE remit_sums AS
SELECT r.source, r.remit_no, r.payment_no, r.charge, r.paid, r.patient_share, r.lines, r.clp02,
       CASE WHEN a.source IS NULL THEN 0 WHEN a.sums = a.readable THEN a.adjusted END AS adjusted,
       CASE WHEN a.source IS NULL THEN 0 WHEN a.sums = a.readable THEN a.patient END AS patient,
       r.paid + CASE WHEN a.source IS NULL THEN 0 WHEN a.sums = a.readable THEN a.allowed_share END AS allowed,
       CASE WHEN x.charged = r.lines THEN x.charges END AS charges
FROM remits r
LEFT JOIN (
  SELECT source, remit_no, COUNT(*) AS sums, COUNT(adjusted) AS readable, SUM(adjusted) AS adjusted,
         SUM(patient_share) AS patient, SUM(allowed_share) AS allowed_share
  FROM line_sums GROUP BY source, remit_no
) a ON a.source = r.source AND a.remit_no = r.remit_no
LEFT JOIN (SELECT source, remit_no, SUM(charge) AS charges, COUNT(charge) AS charged FROM remit_lines GROUP BY source, remit_no) x
  ON x.source = r.source AND x.remit_no = r.remit_no;

CREATE OR REPLACE TABLE payments_balance AS
SELECT source, payment_no, amount, claims_paid, adjusted,
       CASE WHEN sign <> 'D' THEN amount - (claims_paid - adjusted) END AS difference,
       sign <> 'D' AND (amount IS NULL OR claims_paid IS NULL OR adjusted IS NULL) AS unreadable
FROM (
  SELECT p.source, p.payment_no, p.amount, p.sign,
         CASE WHEN c.source IS NULL THEN 0 WHEN c.amounts = c.readable THEN c.paid END AS claims_paid,
         CASE WHEN a.source IS NULL THEN 0 WHEN a.amounts = a.readable THEN a.amount END AS adjusted
  FROM payments p
  LEFT JOIN (SELECT source, payment_no, COUNT(*) AS amounts, COUNT(paid) AS readable, SUM(paid) AS paid
             FROM remits GROUP BY source, payment_no) c
    ON c.source = p.source AND c.payment_no = p.payment_no
  LEFT JOIN (SELECT source, payment_no, COUNT(*) AS amounts, COUNT(amount) AS readable, SUM(amount) AS amount
             FROM provider_adjustments GROUP BY source, payment_no) a
    ON a.source = p.source AND a.payment_no = p.payment_no
) parts;

-- What the payments of one claim come to, each part once, reversed ones and estimates left out.
CREATE OR REPLACE TABLE claim_parts AS
SELECT m.claim_source, m.claim_no, m.role, SUM(m.amount) AS charge
FROM remit_matches m
LEFT JOIN (SELECT DISTINCT reversed_source AS source, reversed_remit_no AS remit_no FROM reversals) v
  ON v.source = m.source AND v.remit_no = m.remit_no
WHERE m.method IS NOT NULL AND m.duplicate_source IS NULL AND v.source IS NULL
GROUP BY m.claim_source, m.claim_no, m.role;

-- Submitted lines that no primary payment answered.
CREATE OR REPLACE TABLE unanswered AS
SELECT l.source, l.claim_no, l.line_no, l.charge
FROM claim_lines l
LEFT JOIN (
  SELECT a.claim_source, a.claim_no, a.line_no
  FROM line_matches a JOIN remit_matches m ON m.source = a.source AND m.remit_no = a.remit_no
  WHERE a.line_no IS NOT NULL AND m.role = 'primary' AND m.duplicate_source IS NULL
) a ON a.claim_source = l.source AND a.claim_no = l.claim_no AND a.line_no = l.line_no
WHERE a.line_no IS NULL;

CREATE OR REPLACE TABLE remit_findings AS
SELECT source, remit_no, svc_no, 'remit-line-out-of-balance' AS name, CAST(difference AS DECIMAL(18,2)) AS amount
FROM line_events WHERE difference <> 0
UNION ALL
SELECT source, remit_no, svc_no, 'remit-amount-unreadable', NULL FROM line_events WHERE difference IS NULL
UNION ALL
SELECT source, remit_no, 0, 'remit-amount-unreadable', NULL FROM remit_sums WHERE charge - adjusted - paid IS NULL
UNION ALL
SELECT source, remit_no, 0, 'remit-claim-out-of-balance', CAST(charge - adjusted - paid AS DECIMAL(18,2))
FROM remit_sums WHERE charge - adjusted <> paid
UNION ALL
SELECT source, remit_no, 0, 'remit-lines-charge-differs', CAST(charge - charges AS DECIMAL(18,2))
FROM remit_sums WHERE lines > 0 AND charge <> charges
UNION ALL
SELECT source, remit_no, 0, 'remit-patient-share-differs', CAST(patient_share - patient AS DECIMAL(18,2))
FROM remit_sums WHERE patient_share IS NOT NULL AND patient_share <> patient
UNION ALL
SELECT s.source, s.remit_no, 0,
       CASE WHEN b.unreadable THEN 'remit-payment-unreadable' ELSE 'remit-payment-out-of-balance' END,
       CAST(b.difference AS DECIMAL(18,2))
FROM remit_sums s JOIN payments_balance b ON b.source = s.source AND b.payment_no = s.payment_no
JOIN (SELECT source, payment_no, MIN(remit_no) AS remit_no FROM remits GROUP BY source, payment_no) f
  ON f.source = s.source AND f.payment_no = s.payment_no AND f.remit_no = s.remit_no
WHERE b.unreadable OR b.difference <> 0
UNION ALL
SELECT source, remit_no, 0, 'remit-unmatched', NULL FROM remit_matches WHERE method IS NULL
UNION ALL
SELECT source, remit_no, 0, 'remit-duplicate', NULL FROM remit_matches WHERE duplicate_source IS NOT NULL
UNION ALL
SELECT m.source, m.remit_no, 0, 'remit-charge-differs', CAST(p.charge - c.charge AS DECIMAL(18,2))
FROM remit_matches m
JOIN claim_parts p ON p.claim_source = m.claim_source AND p.claim_no = m.claim_no AND p.role = m.role
JOIN known_claims c ON c.source = m.claim_source AND c.claim_no = m.claim_no
WHERE m.role <> 'reversal' AND m.amount <> c.charge AND p.charge <> c.charge
UNION ALL
SELECT source, remit_no, svc_no, 'remit-missing-svc06', NULL FROM line_facts
WHERE unsaid AND code <> submitted AND line_no IS NOT NULL
UNION ALL
SELECT l.source, l.remit_no, l.svc_no, 'remit-line-added', NULL FROM line_matches l WHERE l.method IS NULL
UNION ALL
SELECT m.source, m.remit_no, 0, 'remit-line-missing', CAST(SUM(l.charge) AS DECIMAL(18,2))
FROM remit_matches m
JOIN claim_parts p ON p.claim_source = m.claim_source AND p.claim_no = m.claim_no AND p.role = m.role
JOIN unanswered l ON l.source = m.claim_source AND l.claim_no = m.claim_no
LEFT JOIN (SELECT DISTINCT source, remit_no FROM line_matches WHERE method = 'ambiguous') t
  ON t.source = m.source AND t.remit_no = m.remit_no
WHERE m.method IS NOT NULL AND m.role = 'primary' AND m.lines > 0 AND t.source IS NULL
GROUP BY m.source, m.remit_no
UNION ALL
SELECT source, remit_no, 0, 'remit-distrusted-6r', NULL FROM distrusted
UNION ALL
SELECT e.source, e.remit_no, e.svc_no, 'remit-allowed-differs', CAST(x.allowed_sent - e.allowed AS DECIMAL(18,2))
FROM remit_lines x JOIN line_events e ON e.source = x.source AND e.remit_no = x.remit_no AND e.svc_no = x.svc_no
WHERE x.allowed_sent IS NOT NULL AND x.allowed_sent <> e.allowed AND e.difference = 0;

-- What only led here makes room.
DROP TABLE line_facts;
DROP TABLE line_sums;
DROP TABLE claim_parts;
DROP TABLE unanswered;
DROP TABLE distrusted;
