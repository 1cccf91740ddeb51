App({
  /** Where the page of the subpackage leaves what it found. */
  probed: null,
})
