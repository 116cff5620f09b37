-- least server: 0.1.0

-- What was asked and what came of it, counted by nodes (docs/console.md). Each count is in a slot of every length, under its registrar
-- and under everybody, and by outcome and in all: so every chart and table reads a few rows.
CREATE TABLE sppp.activity (
  -- Length of the slot: a minute, an hour or a day.
  seconds integer NOT NULL CHECK (seconds IN (60, 3600, 86400)),
  -- 0: everybody, known or not. No foreign key: a count locks nothing.
  registrar_id integer NOT NULL,
  begin timestamptz NOT NULL,
  what text COLLATE "C" NOT NULL CHECK (what IN ('request', 'object', 'lookup', 'refusal')),
  -- Empty: all of them.
  outcome text COLLATE "C" NOT NULL,
  -- Of requests: the power of two that they took at most; 0: not measured.
  milliseconds integer NOT NULL,
  number bigint NOT NULL CHECK (number > 0),
  PRIMARY KEY (seconds, registrar_id, begin, what, outcome, milliseconds)
);
CREATE INDEX activity_in_all ON sppp.activity (seconds, begin) WHERE outcome = '';
