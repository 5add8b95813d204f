"""dragoman: one call shape for every LLM provider."""
