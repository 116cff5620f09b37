-- least server: 0.1.0

-- Digest nonces whose counts more than one node needs. Both tables are unlogged: a use waits neither for the disk nor for
-- standbys. After a crash, after a failover and in a recovered backup they are empty, and a nonce that is in neither of them,
-- and in no memory, is stale.

CREATE UNLOGGED TABLE sppp.digest_nonce (
  -- Its first bytes: time of issue in milliseconds, holder that issued it, serial number.
  id     uuid PRIMARY KEY,
  -- Who alone counts its uses, in memory; NULL: they are counted here.
  holder text COLLATE "C",
  -- Counts that were used.
  used   int8multirange NOT NULL
) WITH (fillfactor = 50);

-- Holders that have ended in good order, without uses that are not in the other table.
CREATE UNLOGGED TABLE sppp.ended_nonce_holder (
  id          text COLLATE "C" PRIMARY KEY,
  ended_at    timestamptz NOT NULL,
  -- Nonces that it issued, have no row and are not lower than this were never used.
  unused_from uuid NOT NULL
);
