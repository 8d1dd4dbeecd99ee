using System.Text.RegularExpressions;

namespace Bolt.Runtime.Tests.Tidy;

/// <summary>House rules that no compiler knows.</summary>
public partial class TidyTests
{
    private static readonly string[] Folders = ["src", "tests", "build", "templates"];

    private static readonly string[] BannedEndings =
        ["Manager", "Helper", "Helpers", "Util", "Utils", "Utility", "Common", "Base", "Impl", "Info", "Processor", "Wrapper", "Context", "Factory", "Provider"];

    [Fact]
    public void No_file_has_more_than_400_lines() => Report.None(
        Repository.Sources(Folders).Where(f => File.ReadLines(f).Count() > 400).Select(Repository.Relative));

    [Fact]
    public void No_type_has_a_name_that_says_nothing()
    {
        var wrong =
            from file in Repository.Sources("src", "build")
            from Match type in Types().Matches(File.ReadAllText(file))
            let name = type.Groups[1].Value
            where BannedEndings.Any(e => name.EndsWith(e, StringComparison.Ordinal))
            select $"{Repository.Relative(file)}: {name}";
        Report.None(wrong);
    }

    [Fact]
    public void No_interface_stands_before_a_single_type()
    {
        var types = Assemblies.Runtime.GetTypes().ToList();
        var wrong = types.Where(t => t.IsInterface && t.Scope == Assemblies.Runtime)
            .Where(i => types.Count(t => t.Interfaces.Any(x => x.InterfaceType.FullName == i.FullName)) < 2);
        Report.None(wrong.Select(t => t.FullName));
    }

    [Fact]
    public void Every_room_has_a_README_of_at_most_60_lines()
    {
        var wrong =
            from folder in Directory.GetDirectories(Repository.Runtime)
            let room = Path.GetFileName(folder)
            where room is not ("bin" or "obj")
            let readme = Path.Combine(folder, "README.md")
            where !File.Exists(readme) || File.ReadLines(readme).Count() > 60
            select $"{room}: {(File.Exists(readme) ? "too long" : "missing")}";
        Report.None(wrong);
    }

    /// <summary>By one method: variants of one sentence may share a code.</summary>
    [Fact]
    public void A_diagnostic_code_is_written_once()
    {
        var wrong =
            from file in Repository.Sources("src").Where(f => f.EndsWith("Errors.cs", StringComparison.Ordinal))
            let text = Repository.WithoutComments(file)
            from Match code in Codes().Matches(text)
            let method = Methods().Matches(text[..code.Index]).LastOrDefault()?.Groups[1].Value
            group $"{Repository.Relative(file)} {method}" by code.Value into uses
            where uses.Distinct().Count() > 1
            select $"{uses.Key}: {string.Join(", ", uses.Distinct())}";
        Report.None(wrong.Order());
    }

    [Fact]
    public void A_code_belongs_to_its_room()
    {
        var wrong =
            from file in Repository.Sources("src/Bolt.Runtime").Where(f => f.EndsWith("Errors.cs", StringComparison.Ordinal))
            from Match code in Codes().Matches(Repository.WithoutComments(file))
            let room = Path.GetRelativePath(Repository.Runtime, file).Split('/')[0]
            let wanted = room switch
            {
                "Boltfiles" => '1',
                "Dockerfiles" or "Images" or "Registries" or "Trust" or "Packages" or "Builds" or "Evidence" => '2',
                "Storage" => '3',
                "Networking" or "Dns" => '4',
                "Capsules" or "Oci" => '5',
                "Surge" or "Control" => '6',
                _ => '9',
            }
            where code.Value[5] != wanted && code.Value[5] != '9'
            select $"{Repository.Relative(file)}: {code.Value}";
        Report.None(wrong);
    }

    [Fact]
    public void Nothing_is_left_to_write()
    {
        var wrong = Repository.Sources("src", "build").Where(f => Unfinished().IsMatch(File.ReadAllText(f)));
        Report.None(wrong.Select(Repository.Relative));
    }

    [GeneratedRegex(@"\b(?:class|record|struct|interface|enum)\s+(?:class\s+|struct\s+)?([A-Z]\w+)")]
    private static partial Regex Types();

    [GeneratedRegex(@"""BOLT\d{4}""")]
    private static partial Regex Codes();

    [GeneratedRegex(@"\bDiagnostic\??\s+(\w+)\s*\(")]
    private static partial Regex Methods();

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b")]
    private static partial Regex Unfinished();
}
