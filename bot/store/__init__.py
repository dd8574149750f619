"""What must outlive the process: readers, subscriptions, bulletins, deliveries."""
