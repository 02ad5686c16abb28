"""The agency's side: what turns an agency's files into events."""
