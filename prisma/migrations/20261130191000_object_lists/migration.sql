-- least server: 0.1.0

-- The objects of all registrants in the order of their names, for lists (docs/console.md). The unique keys have those of one
-- registrant.
CREATE INDEX destination_group_by_name ON sppp.destination_group (name_key, rant_id);
CREATE INDEX sed_record_by_name ON sppp.sed_record (name_key, rant_id);
CREATE INDEX sed_group_by_name ON sppp.sed_group (name_key, rant_id);
CREATE INDEX egress_route_by_name ON sppp.egress_route (name_key, rant_id);
