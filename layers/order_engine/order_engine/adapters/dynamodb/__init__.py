"""The order table, the connections table and the counters table on DynamoDB."""
