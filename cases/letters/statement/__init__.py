"""The statement of reasons (DSA, Article 17), as words and as a record of the DSA Transparency Database."""
