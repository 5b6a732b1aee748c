"""MLPerf Tiny: firmware that its runners drive, and the layout of a submission."""
