"""What the workload is about: a module of the plugin's own."""


def steps_to_one(number: int) -> int:
    """How often `number` is halved or tripled until it is 1."""
    steps = 0
    while number != 1:
        number = 3 * number + 1 if number % 2 else number // 2
        steps += 1
    return steps
