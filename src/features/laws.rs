//! Test only: what must hold for every feature, in one loop over the registry.
