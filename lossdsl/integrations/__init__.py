"""Where lossdsl meets other programs: training frameworks and the demo."""
