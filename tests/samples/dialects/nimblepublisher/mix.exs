{:nimble_publisher, "~> 1.1"}
