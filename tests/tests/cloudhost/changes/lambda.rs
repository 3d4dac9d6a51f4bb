//! Instances, file systems and keys of Lambda Cloud.
