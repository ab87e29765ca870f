"""Articles and feeds in: files, folders, mailboxes, archives, and another reader's data."""
