using Bolt.Benchmarks;

var runs = 50;
var names = new List<string>();
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--runs" && i + 1 < args.Length)
        runs = int.Parse(args[++i], System.Globalization.CultureInfo.InvariantCulture);
    else
        names.Add(args[i]);
}

var all = new (string Name, Func<int, Task> Print)[]
{
    ("shim", ShimFigure.PrintAsync),
    ("run", RunFigure.PrintAsync),
    ("up", UpFigure.PrintAsync),
    ("pull", PullFigure.PrintAsync),
    ("build", BuildFigure.PrintAsync),
    ("memory", MemoryFigure.PrintAsync),
    ("ready", ReadyFigure.PrintAsync),
    ("version", VersionFigure.PrintAsync),
    ("testkit", TestKitFigure.PrintAsync),
};
if (names is [TestKitFigure.First])
{
    await TestKitFigure.RunFirstAsync();
    return 0;
}
if (names.Find(n => !all.Any(f => f.Name == n)) is { } unknown)
{
    Console.Error.WriteLine($"there is no figure `{unknown}`; figures: {string.Join(", ", all.Select(f => f.Name))}");
    return 2;
}
foreach (var (name, print) in all.Where(f => names.Count == 0 || names.Contains(f.Name)))
{
    Console.WriteLine();
    await print(runs);
}
return 0;
