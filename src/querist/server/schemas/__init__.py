"""What travels over HTTP, by topic. What comes in is read strictly; a field nobody knows is refused."""
