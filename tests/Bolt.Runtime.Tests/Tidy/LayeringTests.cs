using System.Text.RegularExpressions;

namespace Bolt.Runtime.Tests.Tidy;

/// <summary>The room table of src/Bolt.Runtime/README.md, held against the compiled library.</summary>
public partial class LayeringTests
{
    [Fact]
    public void The_table_is_read() => Assert.True(Repository.Rooms.Count >= 13, $"{Repository.Rooms.Count} rows");

    [Fact]
    public void A_room_uses_only_the_rooms_that_the_table_names()
    {
        var wrong =
            from type in Assemblies.Runtime.GetTypes()
            let user = Assemblies.Room(type)
            where user is { Length: > 0 }
            from used in Assemblies.References(type).SelectMany(Assemblies.Types)
            where used.Scope == type.Scope
            let to = Assemblies.Room(used)
            where to is not null && to != user && !(Repository.Rooms.TryGetValue(user, out var room) && room.MayUse.Contains(to))
            select $"{user} may not use {(to.Length == 0 ? "the roof" : to)}: {type.FullName} names {used.FullName}";
        Report.None(wrong.Distinct().Order());
    }

    [Fact]
    public void Every_namespace_is_a_room_and_lies_in_its_folder()
    {
        var wrong = Repository.Sources("src/Bolt.Runtime")
            .Select(f => (File: f, Folder: Path.GetRelativePath(Repository.Runtime, Path.GetDirectoryName(f)!).Split('/')[0], Name: Namespace().Match(File.ReadAllText(f)).Groups[1].Value))
            .Where(f => f.Name.Length > 0 && f.Name != (f.Folder == "." ? "Bolt" : $"Bolt.{f.Folder}"))
            .Select(f => $"{Repository.Relative(f.File)} is in namespace {f.Name}");
        var rooms = Assemblies.Runtime.Types.Select(Assemblies.Room).Where(r => r is { Length: > 0 } && !Repository.Rooms.ContainsKey(r)).Distinct()
            .Select(r => $"{r} has no row in the table");
        Report.None(wrong.Concat(rooms!));
    }

    [Fact]
    public void Only_Kernel_knows_libc_and_pointers()
    {
        var imports = Assemblies.Runtime.GetTypes().Where(t => Assemblies.Room(t) != "Kernel" && t.Methods.Any(m => m.IsPInvokeImpl)).Select(t => t.FullName);
        var pointers = Repository.Sources("src/Bolt.Runtime", "src/Bolt.Tool", "src/Bolt.TestKit", "src/Bolt.MSBuild")
            .Where(f => !f.Contains("/Kernel/", StringComparison.Ordinal))
            .Where(f => Pointers().IsMatch(Repository.WithoutComments(f))).Select(Repository.Relative);
        Report.None(imports.Concat(pointers));
    }

    /// <summary>.editorconfig lifts the banned symbols for whole folders; this holds each folder to its one reason.</summary>
    [Fact]
    public void Processes_HTTP_and_the_environment_stay_in_their_rooms()
    {
        // The roof starts the detached owner of a stack, Registries the credential helpers that Docker's file names.
        string[] starts = ["", "Storage", "Networking", "Capsules", "Builds", "Surge", "Registries"];
        var wrong =
            from type in Assemblies.Runtime.GetTypes()
            let room = Assemblies.Room(type)
            where room is not null
            from member in Assemblies.References(type)
            let name = member.FullName
            where name.Contains(" System.Diagnostics.Process::Start", StringComparison.Ordinal) && !starts.Contains(room)
                || name.Contains(" System.Net.Http.HttpClient::.ctor", StringComparison.Ordinal) && room is not ("Packages" or "Registries")
                || name.Contains(" System.Console::", StringComparison.Ordinal)
                || name.Contains(" System.Environment::GetEnvironmentVariable", StringComparison.Ordinal)
                || name.Contains(" System.Threading.Thread::Sleep", StringComparison.Ordinal)
            select $"{type.FullName}: {name}";
        Report.None(wrong.Distinct().Order());
    }

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\bunsafe\b|\bDllImport\b|\bLibraryImport\b")]
    private static partial Regex Pointers();
}
