SELECT incident, number, role, last_seen, revoked_at IS NOT NULL,
    (SELECT max(confirmed_at) FROM erase_receipts AS receipts WHERE receipts.device = number AND receipts.incident = erase_orders.incident)
    FROM erase_orders JOIN devices ON number = erase_orders.device ORDER BY number
