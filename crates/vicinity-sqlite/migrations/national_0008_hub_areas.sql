-- The areas that a hub's rows name are found by steps from one to the next, without reading every row.
CREATE INDEX projections_hub_area ON projections (hub, area) WHERE json IS NOT NULL;
