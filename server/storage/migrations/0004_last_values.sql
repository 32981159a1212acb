-- The last number that each metric had, {"name": number}; nested metrics under dotted names.
ALTER TABLE run ADD COLUMN history_last TEXT NOT NULL DEFAULT '{}';
