"""A look at a corpus before anything is trained: what it holds, what is wrong with it, how long training takes."""
