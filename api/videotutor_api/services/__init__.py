"""What the API does, whoever asks: nothing here knows requests or addresses."""
