-- Last finite value of each metric, {"name": number}; nested metrics have dotted names.
ALTER TABLE run ADD COLUMN history_last TEXT NOT NULL DEFAULT '{}';
