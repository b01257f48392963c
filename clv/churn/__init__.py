"""Who is about to leave: the window that counts as gone, risks checked against the past, and reasons in words."""
