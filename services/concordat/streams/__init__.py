"""The worker that runs a stage on Kafka, under Faust."""
