using System.Reflection;
using System.Text.RegularExpressions;

namespace Bolt.Runtime.Tests.Tidy;

/// <summary>The checkout that these tests were built from.</summary>
internal static partial class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot").Value!;

    public static string Runtime => Path.Combine(Root, "src/Bolt.Runtime");

    /// <summary>Rows of the room table: | 5 | Storage | promise | door | 1 2 3 |.</summary>
    public static IReadOnlyDictionary<string, Room> Rooms { get; } = ReadRooms();

    public static IEnumerable<string> Sources(params string[] folders) => folders
        .Select(f => Path.Combine(Root, f)).Where(Directory.Exists)
        .SelectMany(f => Directory.EnumerateFiles(f, "*.cs", SearchOption.AllDirectories))
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    public static string WithoutComments(string file) => Comment().Replace(File.ReadAllText(file), "");

    public static string Relative(string file) => Path.GetRelativePath(Root, file);

    private static Dictionary<string, Room> ReadRooms()
    {
        var rows = File.ReadLines(Path.Combine(Runtime, "README.md")).Select(l => Row().Match(l)).Where(m => m.Success)
            .Select(m => (Number: int.Parse(m.Groups[1].ValueSpan), Name: m.Groups[2].Value, May: m.Groups[3].Value)).ToList();
        var names = rows.ToDictionary(r => r.Number, r => r.Name);
        return rows.ToDictionary(r => r.Name, r => new Room(r.Name, r.Number,
            [.. r.May.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(n => n != "-").Select(n => names[int.Parse(n)])]));
    }

    // `//` inside a string follows a colon, as in bolt://.
    [GeneratedRegex(@"(?<!:)//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\| (\d+) \| (\w+) \|.*\| ([-\d ]+) \|$")]
    private static partial Regex Row();
}

/// <summary>A room, and the rooms that it may use.</summary>
internal sealed record Room(string Name, int Number, IReadOnlySet<string> MayUse)
{
    public Room(string name, int number, string[] mayUse)
        : this(name, number, mayUse.ToHashSet(StringComparer.Ordinal))
    {
    }
}
