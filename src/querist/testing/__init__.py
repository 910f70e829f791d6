"""Contract suites, shipped so that a plug-in can prove itself: subclass one in your own tests."""
