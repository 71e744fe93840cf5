-- What is known of every paid line: the sums of its adjustments, and what their reasons and remarks mean.
-- A sum with an amount that was not sent, or cannot be read, or that no column of money holds, is not known: NULL, and never a
-- difference.
-- Allowed is what was paid and the patient's share of it; {allowed_reasons} is ALLOWED_SHARE of edi/remit/balance.py.
CREATE OR REPLACE TABLE line_sums AS
SELECT source, remit_no, svc_no,
       CASE WHEN amounts = readable THEN adjusted END AS adjusted,
       CASE WHEN amounts = readable THEN patient_share END AS patient_share,
       CASE WHEN amounts = readable THEN allowed_share END AS allowed_share
FROM (
  SELECT a.source, a.remit_no, a.svc_no, COUNT(*) AS amounts, COUNT(a.amount) AS readable, SUM(a.amount) AS adjusted,
         SUM(CASE WHEN a.group_code = 'PR' THEN a.amount ELSE 0 END) AS patient_share,
         SUM(CASE WHEN a.group_code = 'PR' AND a.reason IN ({allowed_reasons}) THEN a.amount ELSE 0 END) AS allowed_share
  FROM remit_adjustments a GROUP BY a.source, a.remit_no, a.svc_no
) every_sum;

-- Fee schedule (45) and the patient's shares (1, 2, 3) are most of all adjustments, and say no more than their sums.
CREATE OR REPLACE TABLE line_reasons AS
SELECT a.source, a.remit_no, a.svc_no,
       BOOL_OR(a.reason = '94' AND a.amount < 0) AS carries,
       SUM(CASE WHEN a.reason = '94' AND a.amount < 0 THEN -a.amount ELSE 0 END) AS carried,
       BOOL_OR(a.reason IN ('97', '59', '231', '234', '236', 'B10')) AS bundled,
       BOOL_OR(a.reason IN ('22', '23')) AS other_payer,
       BOOL_OR(a.reason IN ('B15', '107')) AS qualifier,
       BOOL_OR(a.reason IN ('18', 'B13')) AS repeated,
       BOOL_OR(a.reason IN ('24', '26', '27', '29', '109', '243', 'B7')) AS coverage,
       BOOL_OR(a.reason IN ('96', '204')) AS not_covered,
       BOOL_OR(a.reason = '119') AS period_max,
       BOOL_OR(a.reason IN ('151', '272', '273', 'B5')) AS frequency,
       BOOL_OR(a.reason = '222') AS units,
       BOOL_OR(a.reason IN ('169', '150')) AS alternate,
       BOOL_OR(a.reason IN ('16', '252', '163')) AS information,
       BOOL_OR(a.reason IN ('35', '149')) AS maximum
FROM remit_adjustments a WHERE a.reason NOT IN ('45', '1', '2', '3') GROUP BY a.source, a.remit_no, a.svc_no;

CREATE OR REPLACE TABLE line_remarks AS
SELECT q.source, q.remit_no, q.svc_no,
       BOOL_OR(q.remark IN ('N122', 'N674')) AS qualifier,
       BOOL_OR(q.remark IN ('M86', 'M90', 'N640', 'N117', 'N435')) AS frequency,
       BOOL_OR(q.remark = 'N362') AS units,
       BOOL_OR(q.remark = 'N23') AS limited,
       BOOL_OR(q.remark IN ('M15', 'M80', 'N19', 'N20', 'N390', 'N525')) AS bundled
FROM remit_remarks q GROUP BY q.source, q.remit_no, q.svc_no;

CREATE OR REPLACE TABLE line_facts AS
SELECT x.source, x.remit_no, x.svc_no, x.code, x.charge, x.paid, x.units, x.sent_units, x.first_day, x.sent_code = '' AS unsaid,
       COALESCE(l.submitted_code, NULLIF(x.sent_code, ''), x.code) AS submitted,
       m.role, m.claim_source, m.claim_no, l.method IS NOT NULL AS answers, l.line_no, l.teeth, l.day,
       TRY_CAST(CASE WHEN s.source IS NULL THEN 0 ELSE s.patient_share END AS DECIMAL(18,2)) AS patient_share,
       TRY_CAST(x.paid + CASE WHEN s.source IS NULL THEN 0 ELSE s.allowed_share END AS DECIMAL(18,2)) AS allowed,
       TRY_CAST(x.charge - CASE WHEN s.source IS NULL THEN 0 ELSE s.adjusted END - x.paid AS DECIMAL(18,2)) AS difference,
       COALESCE(n.carries, FALSE) AS carries,
       COALESCE(n.bundled, FALSE)
         OR (COALESCE(k.bundled, FALSE) AND x.paid + CASE WHEN s.source IS NULL THEN 0 ELSE s.allowed_share END = 0) AS bundled,
       v.source IS NOT NULL AS withdrawn
FROM remit_lines x
JOIN remit_matches m ON m.source = x.source AND m.remit_no = x.remit_no
LEFT JOIN line_matches l ON l.source = x.source AND l.remit_no = x.remit_no AND l.svc_no = x.svc_no
LEFT JOIN line_sums s ON s.source = x.source AND s.remit_no = x.remit_no AND s.svc_no = x.svc_no
LEFT JOIN line_reasons n ON n.source = x.source AND n.remit_no = x.remit_no AND n.svc_no = x.svc_no
LEFT JOIN line_remarks k ON k.source = x.source AND k.remit_no = x.remit_no AND k.svc_no = x.svc_no
LEFT JOIN (SELECT DISTINCT reversed_source AS source, reversed_remit_no AS remit_no FROM reversals) v
  ON v.source = x.source AND v.remit_no = x.remit_no;
