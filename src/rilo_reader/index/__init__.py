"""Find: text to tokens, queries to trees, trees to tantivy."""
