"""The encoder family: a small pretrained transformer that reads a sentence once and judges all its actors and pairs."""
