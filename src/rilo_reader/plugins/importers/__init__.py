"""Import articles and feeds from files, folders, mailboxes, archives and other readers."""
