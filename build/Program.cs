using Bolt.Build;

if (args is not [var name, ..] || Targets.All.FirstOrDefault(t => t.Name == name) is not { } target)
{
    Console.Error.WriteLine("usage: dotnet run --project build -- TARGET");
    foreach (var known in Targets.All)
    {
        Console.Error.WriteLine($"  {known.Name,-8} {known.Says}");
    }
    return 2;
}
var failed = target.Execute(args[1..], [target.Name]);
if (failed is not null)
{
    Console.Error.WriteLine($"failed: {failed}");
}
// Always the last line, and the true sums, when tests ran.
if (TestRun.Ran)
{
    Console.Out.Flush();
    Console.WriteLine(TestRun.Totals);
}
return failed is null ? 0 : 1;
