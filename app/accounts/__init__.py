"""Officers and client software: who they are, how they sign in, what their role permits."""
