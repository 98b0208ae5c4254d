//! Which set each thing is part of, where sets are joined one after another (union-find).

/// Things by number, each in a set that one of them names.
pub struct Forest(Vec<usize>);

impl Forest {
    /// So many things, each alone.
    pub fn of(things: usize) -> Self {
        Self((0..things).collect())
    }

    /// Makes a set part of another; both are named by their [`root`](Self::root).
    pub fn join(&mut self, part: usize, whole: usize) {
        self.0[part] = whole;
    }

    /// The thing that names the set of another; halves the way for the next who ask.
    ///
    /// ```
    /// use delta_radiomics::numeric::forest::Forest;
    /// let mut forest = Forest::of(4);
    /// forest.join(0, 2);
    /// forest.join(2, 3);
    /// assert_eq!((forest.root(0), forest.root(1)), (3, 1));
    /// ```
    pub fn root(&mut self, mut of: usize) -> usize {
        while self.0[of] != of {
            self.0[of] = self.0[self.0[of]];
            of = self.0[of];
        }
        of
    }
}
