"""Who may come in: passwords, tokens, an identity provider, and what each role permits."""
