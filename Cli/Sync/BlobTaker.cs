using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ZeroK.Cli.Contents;
using ZeroK.Cli.Files;
using ZeroK.Cli.Terminal;
using ZeroK.Cli.Verbs;
using ZeroK.Client;
using ZeroK.Wire;

namespace ZeroK.Cli.Sync;

/// <summary>What pull and watch do with a blob: text is shown, files are written, programs get objects. A blob counts as taken only when its bytes are somewhere; only then it is acknowledged.</summary>
internal sealed class BlobTaker
{
    private readonly Output _output;
    private readonly SafeFileWriter? _files;
    private readonly bool _withPayload;
    private readonly bool _discard;
    private readonly bool _textToFiles;
    private readonly ReferenceShelf _shelf;

    private BlobTaker(Output output, SafeFileWriter? files, bool withPayload, bool discard, bool textToFiles, ReferenceShelf shelf)
    {
        _shelf = shelf;
        _output = output;
        _files = files;
        _withPayload = withPayload;
        _discard = discard;
        _textToFiles = textToFiles;
    }

    /// <summary>How many labels or names could not be used as they were.</summary>
    public int Renamed { get; private set; }

    /// <summary>What a person calls a device. Default: the first digits of its id.</summary>
    public Func<DeviceId, string> NameOf { get; set; } = Display.Short;

    /// <summary>Takes a blob.</summary>
    /// <returns>Whether its bytes are somewhere now. If not, nothing was lost, and it must not be acknowledged.</returns>
    public bool Take(Incoming blob)
    {
        if (ContentReference.TryRead(blob.Payload.Span, out var reference)) return TakeReference(blob, reference);
        var text = blob.Label is null && !_textToFiles ? TextOf(blob.Payload.Span) : null;
        var json = Events.Received(blob.Sender, blob.Sequence, blob.Cursor, blob.SentAt, blob.Label, blob.Payload.Length, Convert.ToHexStringLower(SHA256.HashData(blob.Payload.Span)));
        var written = _files is not null && text is null ? _files.Write(blob.Label, $"{Display.Short(blob.Sender)}-{blob.Sequence}", blob.Payload.Span) : null;
        AddContents(json, blob, text, written);
        var isTaken = _discard || written is not null || text is not null || json.ContainsKey("base64");
        json["taken"] = isTaken;
        _output.Result(json, Describe(blob, text, written, isTaken));
        if (written is { Outcome: FileOutcome.Renamed or FileOutcome.KeptBoth }) Renamed++;
        return isTaken;
    }

    // Kept before it is acknowledged: `zerok content get` finds it there.
    private bool TakeReference(Incoming blob, ContentReference reference)
    {
        _shelf.Keep(reference);
        var json = Events.Received(blob.Sender, blob.Sequence, blob.Cursor, blob.SentAt, blob.Label, blob.Payload.Length, Convert.ToHexStringLower(SHA256.HashData(blob.Payload.Span)));
        json["content"] = ContentText.Json(reference);
        json["taken"] = true;
        _output.Result(json, $"#{blob.Cursor}  {NameOf(blob.Sender)}  {ContentText.Line(reference)}  fetch it with `zerok content get {ContentText.Short(reference)}`");
        return true;
    }

    private void AddContents(JsonObject json, Incoming blob, string? text, WrittenFile? written)
    {
        // For programs an unlabelled blob is always in the line, so that it isn't lost when it is acknowledged.
        if (text is not null) json["text"] = text;
        if (_output.Json && (_withPayload || (blob.Label is null && text is null && written is null))) json["base64"] = Convert.ToBase64String(blob.Payload.Span);
        if (written is null) return;
        json["file"] = written.Path;
        json["outcome"] = SyncEventText.Kebab(written.Outcome.ToString());
        if (written.Why is not null) json["why"] = written.Why;
    }

    private string Describe(Incoming blob, string? text, WrittenFile? written, bool isTaken)
    {
        var line = new StringBuilder().Append('#').Append(blob.Cursor).Append("  ").Append(NameOf(blob.Sender)).Append("  ");
        if (text is not null) return line.Append(_output.Foreign(text)).ToString();
        line.Append(Display.Safe(blob.Label ?? "(no label, not text)")).Append("  ").Append(Display.Size(blob.Payload.Length));
        if (written is null) return line.Append(isTaken ? "" : "  not written: give --out DIR").ToString();
        line.Append("  ").Append(written.Outcome switch
        {
            FileOutcome.Unchanged => "is there already: ",
            FileOutcome.KeptBoth => "kept beside another file of its name: ",
            FileOutcome.Renamed => "its label is not safe as a path; written as ",
            _ => "→ ",
        });
        line.Append(Display.Safe(written.Path));
        return written.Outcome == FileOutcome.Renamed ? line.Append($" ({written.Why})").ToString() : line.ToString();
    }

    private static string? TextOf(ReadOnlySpan<byte> payload)
    {
        try
        {
            var text = Strict.GetString(payload);
            return text.Contains('\0', StringComparison.Ordinal) ? null : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The options of pull and watch that say where blobs go.</summary>
    internal sealed class Options
    {
        private readonly Option<string?> _out = new("--out", "-o") { Description = "Write labelled blobs as files below this folder (made if missing). Nothing is overwritten: a differing file is kept beside.", HelpName = "DIR" };
        private readonly Option<bool> _payload = new("--payload") { Description = "With --json: put each blob's bytes into its line as \"base64\"." };
        private readonly Option<bool> _discard = new("--discard") { Description = "Acknowledge also blobs whose bytes go nowhere: this device can't get them again. For tests." };
        private readonly Option<bool> _textToFiles = new("--text-to-files") { Description = "With --out: write text that has no label as a file too, instead of showing it." };

        /// <summary>Adds the options.</summary>
        public void AddTo(Command command)
        {
            command.Add(_out);
            command.Add(_payload);
            command.Add(_discard);
            command.Add(_textToFiles);
            command.Validators.Add(result =>
            {
                if (result.GetValue(_textToFiles) && result.GetValue(_out) is null) result.AddError("--text-to-files needs --out DIR.");
            });
        }

        /// <summary>A taker by the command line.</summary>
        public BlobTaker Make(VerbContext context)
        {
            var folder = context.Parsed.GetValue(_out);
            return new BlobTaker(context.Output, folder is null ? null : new SafeFileWriter(folder), context.Parsed.GetValue(_payload), context.Parsed.GetValue(_discard), context.Parsed.GetValue(_textToFiles), new ReferenceShelf(context.DataDir));
        }
    }
}
