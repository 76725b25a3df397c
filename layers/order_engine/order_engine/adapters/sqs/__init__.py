"""The order queue and its dead letters on SQS."""
