"""Label files from and to other forms: CSV, Hugging Face datasets, Label Studio, doccano."""
