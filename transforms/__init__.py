"""Floor 3: passes over claims. Each pass is one file and reads like its rule; what is hard lies in the floor below."""
