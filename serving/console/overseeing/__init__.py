"""What leads, policy owners and whoever trains look at: the team's work, the policy, its weights, the model."""
